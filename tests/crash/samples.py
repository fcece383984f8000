"""The samples, and reports made of what real ones say."""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "samples" / "crash"

# The lines and their order are those of real reports; each test replaces what it is about.
IOS_TEXT = """\
Incident Identifier: 7832B73B-9521-4571-B2AE-CCD99AC61AA9
CrashReporter Key:   0000000000000000000000000000000000000000
Hardware Model:      iPhone8,1
Process:             TestBacktrace [16268]
Path:                /private/var/containers/Bundle/Application/TestBacktrace.app/TestBacktrace
Identifier:          com.example.backtrace
Version:             1 (1.0)
Code Type:           ARM-64 (Native)
Role:                Foreground
Parent Process:      launchd [1]

Date/Time:           2021-09-10 12:15:12.4808 +0800
Launch Time:         2021-09-10 12:14:57.1478 +0800
OS Version:          iPhone OS 14.0 (18A373)
Report Version:      104

Exception Type:  EXC_CRASH (SIGABRT)
Exception Codes: 0x0000000000000000, 0x0000000000000000
Exception Note:  EXC_CORPSE_NOTIFY
Triggered by Thread:  0

Thread 0 name:  tid_103  Dispatch queue: com.apple.main-thread
Thread 0 Crashed:
0   libsystem_kernel.dylib            0x00000001bbd2b84c 0x1bbd03000 + 165964

Thread 1:
0   libsystem_pthread.dylib           0x00000001d7a2a764 0x1d7a1f000 + 46948

Binary Images:
0x100204000 - 0x10020ffff TestBacktrace arm64  <0a5d60f50d1d30dfa904fc494041b25b> /private/var/TestBacktrace

EOF
"""

JSON_HEADER = (
    '{"app_name":"Demo","timestamp":"2024-02-03 10:00:05.00 +0100","app_version":"2.1","build_version":"57",'
    '"platform":2,"bundleID":"com.example.demo","bug_type":"309","os_version":"iPhone OS 17.3 (21D50)",'
    '"incident_id":"3080438B-D8BC-417C-8D89-05BF95D28C18","name":"Demo"}'
)

JSON_BODY = """\
{
  "uptime" : 120000,
  "procRole" : "Foreground",
  "modelCode" : "iPhone14,2",
  "osVersion" : {
    "isEmbedded" : true,
    "train" : "iPhone OS 17.3",
    "build" : "21D50"
  },
  "captureTime" : "2024-02-03 10:00:04.1234 +0100",
  "procLaunch" : "2024-02-03 09:59:59.5000 +0100",
  "incident" : "3080438B-D8BC-417C-8D89-05BF95D28C18",
  "bug_type" : "309",
  "procName" : "Demo",
  "bundleInfo" : {"CFBundleShortVersionString":"2.1","CFBundleVersion":"57","CFBundleIdentifier":"com.example.demo"},
  "exception" : {"type":"EXC_BAD_ACCESS","signal":"SIGSEGV"},
  "faultingThread" : 1,
  "threads" : [
    {"id":1,"queue":"com.apple.main-thread","frames":[]},
    {"id":2,"triggered":true,"queue":"com.example.work","frames":[]}
  ]
}
"""

JSON_REPORT = f"{JSON_HEADER}\n{JSON_BODY}"


def read_sample(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def all_samples() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir())
