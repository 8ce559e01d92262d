-- Give a value to a record, and move its id from one index set to the other: it is in the one of its value, and no other.
--
-- KEYS[1]  the record, a hash
-- KEYS[2]  the index set of the value that it has; of the new one if it has none
-- KEYS[3]  the index set of the new value; of the old one if it is to have none
-- ARGV[1]  the record's id
-- ARGV[2]  the field
-- ARGV[3]  the value that it has, or an empty one
-- ARGV[4]  the new value, or an empty one to have none
--
-- Returns 1 if it is done, -1 if the record has changed since it was read.

local id, field, old, new = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if (redis.call('HGET', KEYS[1], field) or '') ~= old then
    return -1
end
redis.call('SCARD', KEYS[3]) -- of another type: an error before the first write
if old ~= '' then
    redis.call('SREM', KEYS[2], id)
end
if new ~= '' then
    redis.call('HSET', KEYS[1], field, new)
    redis.call('SADD', KEYS[3], id)
else
    redis.call('HDEL', KEYS[1], field)
end
return 1
