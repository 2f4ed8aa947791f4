"""Messages of a patient administration system."""

from __future__ import annotations

from radiograde.service.hl7.acknowledgement import Acknowledgement, read_acknowledgement
from radiograde.service.hl7_listener.message_handler import MessageHandler


def adt(event: str, *patients: str, time: str = "20260304050607", control_id: str = "C-1") -> bytes:
    """Return an ADT message; of two patients the second is merged into the first."""
    header = f"MSH|^~\\&|PAS|HOSP|RADIOGRADE||{time}||ADT^{event}|{control_id}|P|2.5.1"
    kept, *given_up = patients
    segments = [header, f"EVN|{event}|{time}", f"PID|1||{kept}||Doe^Ann||19600102|F"]
    if event in ("A24", "A37"):
        segments += [f"PID|2||{one}" for one in given_up]
    else:
        segments += [f"MRG|{one}" for one in given_up]
    return "".join(f"{one}\r" for one in segments).encode()


def answered(handler: MessageHandler, content: bytes) -> Acknowledgement:
    """Return the acknowledgement of a message."""
    answer = read_acknowledgement(handler.answer(content))
    assert answer is not None
    return answer
