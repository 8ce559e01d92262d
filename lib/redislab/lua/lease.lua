-- Look a second time, and take the lease if there is still nothing: one of many readers is to load the entry.
--
-- KEYS[1]  the entry
-- KEYS[2]  its lease
-- ARGV[1]  the reader's number, under 2^53
-- ARGV[2]  the lease's life in ms
--
-- Returns the number of the reader that holds the lease: this one, or another; nil if the entry is there by now.

if redis.call('EXISTS', KEYS[1]) == 1 then
    return false
end
redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
return tonumber(redis.call('GET', KEYS[2])) or 0
