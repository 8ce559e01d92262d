-- Which commands may the user who calls this not use? Words that are no commands are passed over.
--
-- KEYS[1]   a key of those that the commands are to be used on
-- ARGV[1..] commands, such as SET or SCRIPT|LOAD
--
-- Returns those that are refused.

local refused = {}
for _, command in ipairs(ARGV) do
    local name, part = string.match(command, '^(%w+)|?(%w*)$')
    local known, permitted = pcall(redis.acl_check_cmd, name, part ~= '' and part or KEYS[1], KEYS[1], KEYS[1])
    if known and not permitted then
        refused[#refused + 1] = command
    end
end
return refused
