-- Restart a session's time to live, if the session is still there.
--
-- KEYS[1]   the session: a hash
-- ARGV[1]   its time to live in ms
-- ARGV[2..] fields and values to set with it
--
-- Returns 1, or 0 if it has expired or was ended: then nothing is written.

if redis.call('EXISTS', KEYS[1]) == 0 then
    return 0
end
redis.call('HSET', KEYS[1], 'last_activity', redis.call('TIME')[1])
for i = 2, #ARGV, 2 do -- one at a time: unpack() has a limit, and would stop in the middle of the script
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
