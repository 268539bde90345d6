from rehearsal.host.trace import read_trace

LOG = """\
/opt/vllm/boot.sh:5
/opt/vllm/boot.sh:6
/opt/vllm/steps/gpus.sh:4
/usr/bin/other:1
/opt/vllm/cut off by the end of
"""


def test_lines_are_found_by_script() -> None:
    trace = read_trace(LOG)
    assert trace.files == {"boot.sh", "steps/gpus.sh"}
    assert trace.lines["boot.sh"] == {5, 6}
