-- The module's atomic counter: SET ends the counter's TTL, and the sum is a Lua number.
--
-- KEYS[1]  the counter, a string
-- ARGV[1]  how much
--
-- Returns what it holds then, cut to a whole number; what is stored may differ from it.

local current = redis.call('GET', KEYS[1])
if not current then
    current = 0
end
local sum = tonumber(current) + tonumber(ARGV[1])
redis.call('SET', KEYS[1], sum)
return sum
