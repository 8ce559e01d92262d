-- Store what was loaded, unless the lease is gone: then a write has deleted the entry since, and this value is old.
--
-- KEYS[1]  the entry
-- KEYS[2]  its lease
-- ARGV[1]  the reader's number, as it took the lease
-- ARGV[2]  the value
-- ARGV[3]  its life in ms; 0 stores nothing and only gives the lease back
--
-- Returns 1 if it was stored, else 0.

if redis.call('GET', KEYS[2]) ~= ARGV[1] then
    return 0
end
redis.call('DEL', KEYS[2])
if ARGV[3] == '0' then
    return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
