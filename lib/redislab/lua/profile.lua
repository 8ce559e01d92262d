-- Work on a profile, on a server that knows no TTL of a field: first delete the fields whose time is over.
--
-- KEYS[1]  the profile: a hash
-- KEYS[2]  deadlines: a sorted set of the fields that will go, each by its time in ms
-- ARGV[1]  save: field value …, in place of all; put: ms field value; update: field value …; left: field;
--          or a command for the hash, such as HGETALL
-- ARGV[2..] its arguments
--
-- Returns what the command replies; of left, ms, -1 if the field has no end, -2 if it is not there.

local time = redis.call('TIME')
local now, what = time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1]
if what == 'save' or (redis.call('EXISTS', KEYS[1]) == 0 and redis.call('EXISTS', KEYS[2]) == 1) then
    redis.call('DEL', KEYS[1], KEYS[2]) -- where there is nothing, nothing is written: a replica can be read
end
for _, field in ipairs(redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE')) do
    redis.call('HDEL', KEYS[1], field)
    redis.call('ZREM', KEYS[2], field)
end
if what == 'save' or what == 'update' then
    for i = 2, #ARGV, 2 do
        redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
        redis.call('ZREM', KEYS[2], ARGV[i])
    end
elseif what == 'put' then
    redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
    redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[3])
elseif what == 'left' then
    local ends = redis.call('ZSCORE', KEYS[2], ARGV[2])
    return ends and ends - now or redis.call('HEXISTS', KEYS[1], ARGV[2]) - 2
else
    local reply = redis.call(what, KEYS[1], unpack(ARGV, 2))
    return what == 'HINCRBY' and redis.call('HGET', KEYS[1], ARGV[2]) or reply -- as text: a Lua number is exact up to 2^53
end
