-- Look a second time, and take the lease if there is still nothing: one of many readers is to load the entry.
--
-- KEYS[1]  the entry
-- KEYS[2]  its lease
-- ARGV[1]  the caller's token
-- ARGV[2]  the lease's life in ms
--
-- Returns the entry if it is there by now, else 1 if the lease is the caller's, else 0.

local entry = redis.call('GET', KEYS[1])
if entry then
    return entry
end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
    return 1
end
return 0
