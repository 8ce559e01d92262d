-- Remove consumers of a group to which nothing is pending: in one step, so that none of them reads something meanwhile.
--
-- KEYS[1]  the stream
-- ARGV[1]  the group
-- ARGV[2]  ms for which a consumer must have asked for nothing
-- ARGV[3]  the name of the only one that is to go; left out, all may
--
-- Returns how many were removed; 0 if there is no such group.

local consumers, removed = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1]), 0
if consumers.err then
    return 0
end
for _, consumer in ipairs(consumers) do
    local about = {}
    for i = 1, #consumer, 2 do
        about[consumer[i]] = consumer[i + 1]
    end
    local named = not ARGV[3] or about.name == ARGV[3]
    if named and about.pending == 0 and about.idle >= tonumber(ARGV[2]) then
        redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], about.name)
        removed = removed + 1
    end
end
return removed
