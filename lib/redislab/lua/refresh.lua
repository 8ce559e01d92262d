-- Take the lease to refresh an entry, unless it has been stored anew since its reader looked.
--
-- KEYS[1]  the entry
-- KEYS[2]  its lease
-- ARGV[1]  the caller's token
-- ARGV[2]  the lease's life in ms
-- ARGV[3]  the ms that the entry had left when the reader looked; its life only grows by being stored
--
-- Returns the token that holds the lease now, the caller's or another's; nil if the entry is newer.

if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[3]) then
    return false
end
redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
return redis.call('GET', KEYS[2])
