-- Remove an index entry that its record no longer bears out: the record has expired, or was deleted past the index.
--
-- KEYS[1]  the record, a hash
-- KEYS[2]  the index entry, a string, or a set of ids
-- ARGV[1]  the record's id
-- ARGV[2]  the field
-- ARGV[3]  the value that the entry stands for
--
-- Returns 1 if it was removed, else 0.

if redis.call('HGET', KEYS[1], ARGV[2]) == ARGV[3] then
    return 0
end
if redis.call('TYPE', KEYS[2]).ok == 'set' then
    return redis.call('SREM', KEYS[2], ARGV[1])
end
if redis.call('GET', KEYS[2]) == ARGV[1] then
    return redis.call('DEL', KEYS[2])
end
return 0
