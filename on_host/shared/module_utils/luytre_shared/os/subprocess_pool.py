"""Each area in a process of its own: it uses another core, and one that hangs or dies takes nothing along."""

import json
import os
import selectors
import time

from ansible.module_utils.luytre_shared.os.child_process import ChildProcess

MAX_ANSWER = 8000000
END_SECONDS = 1
"""For a process to be gone that was ended: whoever makes every area hang makes the others wait no longer for each."""


def run_work_for_each_name_in_subprocess(names, work, seconds, max_at_once):
    """Return ``{name: work(name)}`` with each call in a child; the error of one that was late or died is in its place.

    ``work`` gives ``{seconds, error, data}``. A child has the ``seconds`` of its name and two more for its last words;
    then it is ended with everything that it started. One that cannot be ended, for it waits for somebody's file system,
    is left.
    """
    pending_names, children, answers = list(names), {}, {}
    with selectors.DefaultSelector() as selector:
        while pending_names or children:
            while pending_names and len(children) < max_at_once:
                name = pending_names.pop(0)
                child = _NamedChild(name, work, seconds[name] + 2)
                children[child.pipe] = child
                selector.register(child.pipe, selectors.EVENT_READ)
            wait = max(0.0, min(child.deadline for child in children.values()) - time.monotonic())
            for key, _events in selector.select(wait):
                children[key.fd].read()
            for child in [child for child in children.values() if child.ended or child.late()]:
                selector.unregister(child.pipe)
                del children[child.pipe]
                answers[child.name] = child.answer()
    return answers


class _NamedChild(ChildProcess):
    def __init__(self, name, work, seconds):
        self.name, self.ended, self.text = name, False, bytearray()
        self.started = time.monotonic()
        self.deadline = self.started + seconds
        super().__init__(lambda pipe: pipe.write(json.dumps(work(name), ensure_ascii=False).encode("utf-8", "replace")))

    def late(self):
        return time.monotonic() >= self.deadline

    def read(self):
        part = os.read(self.pipe, 1 << 16)
        self.text += part
        self.ended = not part or len(self.text) > MAX_ANSWER

    def answer(self):
        self.end(END_SECONDS)
        seconds = round(time.monotonic() - self.started, 3)
        if not self.ended:
            return {"seconds": seconds, "error": "took longer than its time", "data": None}
        if len(self.text) > MAX_ANSWER:
            return {"seconds": seconds, "error": "said more than %d bytes" % MAX_ANSWER, "data": None}
        try:
            return json.loads(self.text.decode("utf-8"))
        except ValueError:
            return {"seconds": seconds, "error": "ended without an answer", "data": None}
