-- Count a request in the window that it falls into; windows begin at the multiples of their length.
--
-- KEYS[1]  the subject's counter: a hash of `window`, its number, and `count`, what it has admitted
-- ARGV[1]  the limit
-- ARGV[2]  the window's length in µs
-- ARGV[3]  the time in µs; without it, the server's own
--
-- Returns 1 if it is admitted, else 0; how many more would be, now; and µs until the next one would be, 0 if it is.
-- A clock that steps back does not open a window again.

local limit, length, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end
local kept = redis.call('HMGET', KEYS[1], 'window', 'count')
local window, count = math.floor(now / length), 0
if (tonumber(kept[1] or '') or -1) >= window then
    window, count = tonumber(kept[1]), tonumber(kept[2] or '') or 0
end
if count >= limit then
    return refuse((window + 1) * length - now, length)
end
if count == 0 then
    redis.call('HSET', KEYS[1], 'window', window, 'count', 1)
    redis.call('PEXPIRE', KEYS[1], math.ceil(length / 1000)) -- a little longer than it counts: no clock has to agree with the TTL
else
    redis.call('HSET', KEYS[1], 'count', count + 1)
end
return {1, limit - count - 1, 0}
