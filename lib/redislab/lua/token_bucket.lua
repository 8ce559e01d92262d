-- Take a token, if there is one. The bucket is kept as one number: the time at which it will be full again.
--
-- KEYS[1]  the subject's bucket: a string, that time in µs; a bucket without a key is full
-- ARGV[1]  its capacity in tokens
-- ARGV[2]  µs in which one token comes back
-- ARGV[3]  the time in µs; without it, the server's own
--
-- Returns 1 if it is admitted, else 0; how many more would be, now; and µs until the next one would be, 0 if it is.

local capacity, token, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end
local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '') or 0)
local held = capacity * token - (full - now) -- in µs: so long would what it holds have taken to come back
if held < token then
    return refuse(token - held, capacity * token)
end
full = full + token
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {1, math.floor(held / token) - 1, 0}
