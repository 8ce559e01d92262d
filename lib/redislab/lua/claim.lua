-- Give a value to a record, and to the index by which it is found, or do neither: one owner for each value.
--
-- KEYS[1]  the record, a hash
-- KEYS[2]  the index entry of the value that it has; of the new one if it has none
-- KEYS[3]  the index entry of the new value; of the old one if it is to have none
-- ARGV[1]  the record's id
-- ARGV[2]  the field
-- ARGV[3]  the value that it has, or an empty one
-- ARGV[4]  the new value, or an empty one to have none
--
-- Returns 1 if it is done, 0 if the value is another record's, -1 if the record has changed since it was read.

local id, field, old, new = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if (redis.call('HGET', KEYS[1], field) or '') ~= old then
    return -1
end
local held = old ~= '' and old ~= new and redis.call('GET', KEYS[2]) -- of another type: an error before the first write
if new ~= '' then
    if not redis.call('SET', KEYS[3], id, 'NX') and redis.call('GET', KEYS[3]) ~= id then
        return 0
    end
    redis.call('HSET', KEYS[1], field, new)
else
    redis.call('HDEL', KEYS[1], field)
end
if held == id then
    redis.call('DEL', KEYS[2])
end
return 1
