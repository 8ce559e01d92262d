-- The module's conditional update: SET ends the key's TTL.
--
-- KEYS[1]  the key, a string
-- ARGV[1]  what it should hold
-- ARGV[2]  what it is to hold
--
-- Returns 1 if it was stored, else 0.

if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[2])
    return 1
end
return 0
