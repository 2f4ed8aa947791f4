{{- define "radiograde.labels" -}}
app.kubernetes.io/name: radiograde
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "radiograde.selector" -}}
app.kubernetes.io/name: radiograde
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "radiograde.claim" -}}
{{ .Values.data.existingClaim | default (printf "%s-data" .Release.Name) }}
{{- end }}

{{/* A deployment: root, component, replicas, strategy, args, env, ports, probes, resources. */}}
{{- define "radiograde.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .root.Release.Name }}-{{ .component }}
  labels:
    {{- include "radiograde.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  {{- if .replicas }}
  replicas: {{ .replicas }}
  {{- end }}
  strategy: {type: {{ .strategy }}}
  selector:
    matchLabels:
      {{- include "radiograde.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "radiograde.labels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
      annotations:
        checksum/site: {{ .root.Values.site | sha256sum }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 60
      {{- with .root.Values.image.pullSecrets }}
      imagePullSecrets: {{ toJson . }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: {{ .component }}
          image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: {{ toJson .args }}
          securityContext:
            allowPrivilegeEscalation: false
            privileged: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          env:
            - {name: RADIOGRADE_SITE, value: /etc/radiograde/radiograde.toml}
            - {name: RADIOGRADE_WORKER, value: "false"}
            {{- if .root.Values.prometheus.enabled }}
            - {name: RADIOGRADE_OBSERVE__METRICS, value: "true"}
            - {name: RADIOGRADE_OBSERVE__LISTEN, value: "0.0.0.0:9101"}
            - {name: RADIOGRADE_OBSERVE__WORK, value: "0.0.0.0:9102"}
            - {name: RADIOGRADE_OBSERVE__TOKEN_ENV, value: {{ .root.Values.prometheus.metricsKey }}}
            {{- end }}
            {{- range $name, $value := .env }}
            - {name: {{ $name }}, value: {{ $value | quote }}}
            {{- end }}
          envFrom:
            - secretRef: {name: {{ .root.Values.secret }}}
          {{- with .ports }}
          ports: {{ toJson . }}
          {{- end }}
          {{- range $name, $probe := .probes }}
          {{ $name }}: {{ toJson $probe }}
          {{- end }}
          resources: {{ toJson .resources }}
          volumeMounts:
            - {name: data, mountPath: /data}
            - {name: site, mountPath: /etc/radiograde, readOnly: true}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: data
          {{- if .root.Values.data.objectStore }}
          emptyDir: {sizeLimit: 8Gi}
          {{- else }}
          persistentVolumeClaim: {claimName: {{ include "radiograde.claim" .root }}}
          {{- end }}
        - name: site
          configMap: {name: {{ .root.Release.Name }}-site}
        - name: tmp
          emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- end }}
