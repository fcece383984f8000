import pytest

from millstream.crash import CrashReportError, parse_report

SAMPLE_TOOL = """\
Analysis of sampling neyrang (pid 4242) every 1 millisecond
Process:         neyrang [4242]
Path:            /tmp/neyrang
Code Type:       ARM64
Date/Time:       2026-09-02 05:05:37.321 +0330
OS Version:      macOS 26.5.2 (25F84)
Analysis Tool:   /usr/bin/sample

Call graph:
    100 Thread_1   DispatchQueue_1: com.apple.main-thread  (serial)
"""

ABOVE_AN_ANALYSIS = """\
Process:         a.out [12]
Path:            /tmp/a.out
Version:         ??? (???)
Date/Time:       2011-11-22 07:27:49.322 -0500
OS Version:      Mac OS X 10.6.8 (10K549)
"""

CPU_RESOURCE = """\
{"bug_type":"202","timestamp":"2020-10-19 23:49:02.00 +0100","incident_id":"05D98B49-C8B1-4F18-B494-491D76B2AA3C"}
Date/Time:        2020-10-19 23:46:29.268 +0100
End time:         2020-10-19 23:48:59.680 +0100
OS Version:       iPhone OS 14.2 (Build 18B5072f)
Incident Identifier: 05D98B49-C8B1-4F18-B494-491D76B2AA3C
Data Source:      Microstackshots
Command:          apfs_defragd
Version:          ??? (???)
Event:            cpu usage
"""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SAMPLE_TOOL, "the output of `sample`"),
        (f"leaks Report Version:  2.0\n{ABOVE_AN_ANALYSIS}\n----\n", "the output of `leaks`"),
        (f"{ABOVE_AN_ANALYSIS}\n----\n\nVirtual Memory Map of process 12 (a)\n", "the output of `vmmap`"),
        (ABOVE_AN_ANALYSIS, "it has no Exception Type"),
        (CPU_RESOURCE, "too much CPU time"),
        (CPU_RESOURCE.partition("\n")[2], "a hang or of overuse"),
        ('{"bug_type":"298","timestamp":"2022-07-10 01:18:15.51 +0800"}\n{"largestProcess":"x"}', "Jetsam"),
        ('{"bug_type":"210"}\n{"panicString":"panic(cpu 0 caller"}', "a kernel panic"),
        ('{"bug_type":"288"}\n{"processByPid":{}}', "a stackshot"),
        ('{"bug_type":"385"}\n{"procName":"x","exception":{}}', "its process survived"),
        ('{"processByPid":{}}', "a stackshot"),
        ('{"event_id":"a","exception":{"values":[]},"threads":{"values":[]}}', "a crash aggregator"),
        ('{"report":{"id":"a"},"binary_images":[],"crash":{"threads":[]}}', "KSCrash"),
        ('{"procName":"x","faultingThread":0}', "it names no exception"),
        ('{"a":1}', "JSON of another kind"),
        ("panic(cpu 2 caller 0xfffffff00f2b0e5c): x\n", "a kernel panic"),
        ("Free pages:        1177\nLargest process:   Demo\n", "low memory"),
        ("*** *** *** *** *** *** ***\nBuild fingerprint: 'google/x'\n", "Android"),
        ("==31==ERROR: AddressSanitizer: heap-use-after-free\n", "a sanitizer"),
        ("*** Program crashed: Fatal error at 0x01\n", "a backtrace of Swift"),
        ("* thread #1, queue = 'com.apple.main-thread'\n", "LLDB"),
        ("Traceback (most recent call last):\n", "Python"),
        ('<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0">\n', "XML"),
        ("Exception Type:  EXC_CRASH (SIGABRT)\nThread 0 Crashed:\n", "its first lines are missing"),
        ("Thread 0 Crashed:\n0   CoreFoundation 0x1\n", "its first lines are missing"),
        ("# Crashlytics - plaintext stacktrace downloaded by me\n", "a crash aggregator"),
    ],
)
def test_the_refusal_says_what_it_seems_to_be(text: str, kind: str) -> None:
    with pytest.raises(CrashReportError) as refusal:
        parse_report(text.encode())
    assert kind in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "text", ["hello", "int main(void) {\n  return 0;\n}\n", "Process: Foo\n", "[1, 2]", "[2022] Process:"]
)
def test_what_seems_to_be_nothing_known_is_refused_too(text: str) -> None:
    with pytest.raises(CrashReportError, match="not a crash report"):
        parse_report(text.encode())
