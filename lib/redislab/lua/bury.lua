-- Move a write that the database does not take to the dead letters. Its entry stays pinned.
--
-- KEYS[1]  the stream of accepted writes
-- KEYS[2]  the stream of dead letters
-- ARGV[1]  the consumer group
-- ARGV[2]  the write's ID in the stream
-- ARGV[3]  why
--
-- Returns 1, or 0 if it is no longer in the stream: another worker has settled or buried it.

local found = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])[1]
if not found then
    return 0
end
redis.call('XADD', KEYS[2], '*', 'reason', ARGV[3], unpack(found[2]))
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
return 1
