-- Take the lease to refresh an entry, unless it has been stored again since its reader looked.
--
-- KEYS[1]  the entry
-- KEYS[2]  its lease
-- ARGV[1]  the reader's number, under 2^53
-- ARGV[2]  the lease's life in ms
-- ARGV[3]  the ms that the entry had left when the reader looked; only storing it again makes it live longer
--
-- Returns the number of the reader that holds the lease now, this one or another; nil if the entry is newer.

if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[3]) then
    return false
end
redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
return tonumber(redis.call('GET', KEYS[2])) or 0
