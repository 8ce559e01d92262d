-- Give a lock back, if it still is its owner's.
--
-- KEYS[1]  the lock
-- ARGV[1]  its owner
--
-- Returns 1 if it was, 0 if it has expired, or is another's by now.

if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('DEL', KEYS[1])
end
return 0
