"""Where each claim and each lab stands: what the sections are called; the lab's notebook, and the heading that it is under."""

from urllib.parse import quote

SECTIONS = {
    "1.1": "Cache-aside",
    "1.2": "Write-through",
    "1.3": "Write-behind",
    "1.4": "Refresh-ahead",
    "1.5": "Rankings",
    "2.1": "Structures",
    "2.2": "Models",
    "3.2": "Order among keys",
    "4.1": "Connections",
    "4.2": "Pipelining",
    "4.3": "Scripts",
    "5.1": "KEYS",
    "5.2": "Large values",
    "5.3": "Missing TTLs",
    "5.4": "SELECT",
    "5.5": "No pool",
}
PLACES = {
    "01_caching_patterns": {
        "TtlLab": "1.1 Cache-aside",
        "StampedeLab": "Stampede",
        "LateSetLab": "Extra: the late SET",
        "WriteThroughLab": "1.2 Write-through",
        "WriteBehindLab": "1.3 Write-behind",
        "RefreshAheadLab": "1.4 Refresh-ahead",
        "ArenaLab": "1.5 Which one?",
    },
    "02_data_modeling": {
        "ComplexityLab": "Extra: what O(N) looks like",
        "EncodingsLab": "Extra: encodings",
        "ProfileLab": "2.2 User profile",
        "RateLimitLab": "2.2 Rate limits",
    },
    "03_key_naming": {"ScanLab": "What matches a pattern"},
    "04_performance_tuning": {
        "PoolLab": "4.1 Connections",
        "ConnectionLab": "Extra: what a connection costs",
        "PipeliningLab": "4.2 Pipelining",
        "CountersLab": "4.3 Scripts",
        "LuaLab": "Extra: what a script does to the others",
    },
    "05_anti_patterns": {
        "KeysLab": "5.1 KEYS",
        "LargeValuesLab": "5.2 Large values",
        "MissingTtlsLab": "5.3 Missing TTLs",
        "SelectLab": "5.4 SELECT",
        "NoPoolLab": "5.5 No pool",
    },
}


def place(lab: str) -> tuple[str, str]:
    """The file of its notebook, and the anchor of its heading, as JupyterLab and Voilà make it.

    Raises:
        KeyError: the lab stands nowhere.
    """
    for notebook, labs in PLACES.items():
        if lab in labs:
            return f"{notebook}.ipynb", "#" + quote(labs[lab].replace(" ", "-"), safe=":?()")
    raise KeyError(lab)
