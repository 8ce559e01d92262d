-- Take out the products that have expired, then ask an index.
--
-- KEYS[3..]  the indexes
-- ARGV[2]    how many products may be taken out in this call, so that other clients do not wait for long
-- ARGV[3..]  a command that reads the indexes
--
-- Returns the command's reply; nil if more products may have expired than this call has taken out: then ask again.

local overdue = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[2])
for _, id in ipairs(overdue) do
    forget(id)
end
if #overdue == tonumber(ARGV[2]) then
    return false
end
return redis.call(unpack(ARGV, 3))
