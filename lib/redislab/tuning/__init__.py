"""Section 4: clients, pools, pipelines and scripts, and what each of them costs.

    cache = connect("redis://localhost:6379", Settings(max_connections=square_root(rate=300, seconds=0.01)))
    names = get_many(cache, [keys.user(id) for id in range(1000)])

| what | where |
|---|---|
| a client with every setting chosen; what another one was given | `connect`, `Settings`; `settings_of` |
| how many connections | `busy`, `square_root`, `waiting`, `mean_wait`, `wait`; the module's: `module_formula` |
| many commands in few round trips | `pipelined`, `get_many`, `set_many`, `chunked` |
| one counter, five ways | `IncrCounter`, `ScriptCounter`, `WatchCounter`, `LockCounter`, `RacingCounter` |
| change it only if it is unchanged | `CompareAndSet` |
| how a script gets to the server | `LoadedScript` |
| read once, be told of changes | `NearCache` |
"""

from redislab.tuning.compare_and_set import CompareAndSet
from redislab.tuning.connect import Settings, connect, settings_of
from redislab.tuning.counters import IncrCounter, LockCounter, RacingCounter, ScriptCounter, WatchCounter
from redislab.tuning.near_cache import NearCache
from redislab.tuning.pipelines import chunked, get_many, pipelined, set_many
from redislab.tuning.pool_size import busy, mean_wait, module_formula, square_root, wait, waiting
from redislab.tuning.scripts import LoadedScript
