-- Store a value if the key still holds the one expected.
--
-- KEYS[1]  the key, a string
-- ARGV[1]  what it should hold
-- ARGV[2]  what it is to hold
--
-- Returns 1 if it was stored, else 0. The key's TTL goes on: a plain SET would end it.

if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1
