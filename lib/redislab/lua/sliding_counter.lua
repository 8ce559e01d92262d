-- Admit a request if the window that ends now is estimated to hold fewer than the limit, and count it.
--
-- estimate = previous * (the share of the previous window that the sliding one still covers) + current
--
-- KEYS[1]  the subject's counters: a hash of `window`, its number, `current`, what it has admitted, and `previous`, what
--          the one before it had
-- ARGV[1]  the limit
-- ARGV[2]  the window's length in µs
-- ARGV[3]  the time in µs; without it, the server's own
--
-- Returns 1 if it is admitted, else 0; how many more would be, now; and µs until the next one would be, 0 if it is.
-- A clock that steps back does not open a window again. All is whole numbers: shares are compared multiplied by the length.

local limit, length, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end
local kept = redis.call('HMGET', KEYS[1], 'window', 'current', 'previous')
local window, current, previous = math.floor(now / length), 0, 0
local newest = tonumber(kept[1] or '') or -2 -- of none yet: far from any
if newest >= window then
    window, current, previous = newest, tonumber(kept[2] or '') or 0, tonumber(kept[3] or '') or 0
elseif newest == window - 1 then
    previous = tonumber(kept[2] or '') or 0
end
local covered = math.min(length, (window + 1) * length - now)
local free = (limit - current) * length - previous * covered
if free <= 0 then
    -- in this window once it covers less of the previous one, else just after the next one has begun
    local later = 1
    if current < limit then
        later = 1 - math.ceil((limit - current) * length / previous)
    elseif current > limit then
        later = length + 1 - math.ceil(limit * length / current)
    end
    return refuse((window + 1) * length + later - now, 2 * length)
end
if window == newest then
    redis.call('HSET', KEYS[1], 'current', current + 1)
else
    redis.call('HSET', KEYS[1], 'window', window, 'current', 1, 'previous', previous)
    redis.call('PEXPIRE', KEYS[1], math.ceil(((window + 2) * length - now) / 1000))
end
return {1, math.max(0, math.ceil(free / length) - 1), 0}
