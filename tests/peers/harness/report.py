"""The tiny runner: plays a scenario's cases in order and remembers what failed.

A scenario is a module with the same three names as every other:

    TITLE    one line, for people
    scene()  a context manager: starts the peers, yields what the cases act on, ends the peers
    CASES    functions of that scene; the name is the sentence, a returned text is a remark
"""

import traceback
from contextlib import ExitStack

LOG_LINES_SHOWN = 25


class Report:
    def __init__(self):
        self._passed = 0
        self._failed = 0

    def play(self, scenario):
        print(f"-- {scenario.TITLE}", flush=True)
        with ExitStack() as stack:
            try:
                scene = stack.enter_context(scenario.scene())
            except Exception as error:
                self.failed(f"{scenario.TITLE}: all the peers are up", error)
                return
            for case in scenario.CASES:
                self._play_case(case, scene)

    def _play_case(self, case, scene):
        sentence = case.__name__.replace("_", " ")
        marks = {process: process.log_length() for process in scene.processes()}
        try:
            remark = case(scene)
        except Exception as error:
            self.failed(sentence, error)
            for process, mark in marks.items():
                print(process.log_tail(LOG_LINES_SHOWN, since=mark), flush=True)
        else:
            self._passed += 1
            print(f"ok    {sentence}" + (f" ({remark})" if remark else ""), flush=True)

    def failed(self, sentence, error):
        self._failed += 1
        print(f"FAIL  {sentence}", flush=True)
        print("".join(traceback.format_exception(error)), end="", flush=True)

    def closing_line(self):
        return f"{self._passed} passed, {self._failed} failed"

    def exit_code(self):
        return 0 if self._passed and not self._failed else 1
