-- The module's token bucket, with comments that Lua can read: the caller's clock says when it is.
--
-- KEYS[1]  the subject's bucket: a hash of `tokens` and `last_update`
-- ARGV[1]  its capacity
-- ARGV[2]  tokens that come back in a second
-- ARGV[3]  the caller's time in s
--
-- Returns 0 if the request is admitted, else 1.

local now = tonumber(ARGV[3])
local tokens = tonumber(redis.call('HGET', KEYS[1], 'tokens')) or tonumber(ARGV[1])
local last = tonumber(redis.call('HGET', KEYS[1], 'last_update')) or now
tokens = math.min(tonumber(ARGV[1]), tokens + (now - last) * tonumber(ARGV[2])) -- less than before, if `last` lies ahead
if tokens < 1 then
    return 1
end
redis.call('HSET', KEYS[1], 'tokens', tokens - 1)
redis.call('HSET', KEYS[1], 'last_update', now)
redis.call('EXPIRE', KEYS[1], 3600)
return 0
