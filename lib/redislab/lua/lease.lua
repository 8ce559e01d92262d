-- Look a second time, and take the lease if there is still nothing: one of many readers is to load the entry.
--
-- KEYS[1]  the entry
-- KEYS[2]  its lease
-- ARGV[1]  the reader's number, under 2^53
-- ARGV[2]  the lease's life in ms
--
-- Returns the entry if it is there by now, else the number of the reader that holds the lease: this one, or another.

local entry = redis.call('GET', KEYS[1])
if entry then
    return entry
end
redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
return tonumber(redis.call('GET', KEYS[2])) or 0
