-- Let time pass: take it from the life of every key that has one. What it has not left expires.
--
-- ARGV[1]  ms
--
-- Returns the number of keys that have expired.
--
-- It names no KEYS and lists them all: it is for a private server with a handful.

local expired = 0
for _, key in ipairs(redis.call('KEYS', '*')) do
    local left = redis.call('PTTL', key)
    if left >= 0 then
        redis.call('PEXPIRE', key, left - ARGV[1])
        if left <= tonumber(ARGV[1]) then
            expired = expired + 1
        end
    end
end
return expired
