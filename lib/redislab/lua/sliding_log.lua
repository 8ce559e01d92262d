-- Admit a request if fewer than the limit were admitted in the window that ends now, and log it.
--
-- KEYS[1]  the subject's log: a sorted set, a member `time-number` for each admission, with its time in µs as the score
-- ARGV[1]  the limit
-- ARGV[2]  the window's length in µs
-- ARGV[3]  the time in µs; without it, the server's own
--
-- Returns 1 if it is admitted, else 0; how many more would be, now; and µs until the next one would be, 0 if it is.

local limit, length, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - length)
local count = redis.call('ZCARD', KEYS[1])
if count >= limit then
    local leaving = redis.call('ZRANGE', KEYS[1], count - limit, count - limit, 'WITHSCORES')
    return refuse(leaving[2] + length - now, length)
end
-- two requests of one moment are two members; the first number is free unless the clock has stepped back
local number = count
while redis.call('ZADD', KEYS[1], 'NX', now, string.format('%.0f-%d', now, number)) == 0 do
    number = number + 1
end
redis.call('PEXPIRE', KEYS[1], math.ceil(length / 1000))
return {1, limit - count - 1, 0}
