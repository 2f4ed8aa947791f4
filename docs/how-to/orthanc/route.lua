-- Sends every new film to Radiograde. Its results have other modalities, so nothing goes in circles.
local FILMS = { CR = true, DX = true }

function OnStoredInstance(instanceId, tags, metadata, origin)
  if FILMS[tags['Modality']] and origin['RemoteAet'] ~= 'RADIOGRADE' then
    SendToModality(instanceId, 'radiograde')
  end
end
