-- Pick products at random, and take out those that are gone: evicted, deleted by another client, or expired.
--
-- ARGV[2]  how many to pick
--
-- Returns how many were taken out.

local forgotten = 0
for _, id in ipairs(redis.call('HRANDFIELD', KEYS[2], ARGV[2])) do
    if redis.call('EXISTS', key('product', id)) == 0 then
        forget(id)
        forgotten = forgotten + 1
    end
end
return forgotten
