-- Which commands may the user who calls this not use? Words that are no commands are passed over.
--
-- KEYS[1]   a key of those that the commands are to be used on
-- ARGV[1..] commands, such as SET or SCRIPT|LOAD
--
-- Returns those that are refused.

-- Since Redis 8 a command is only known with as many arguments as it takes, so other numbers are tried.
local COUNTS = {3, 2, 1, 0, 4}

local refused = {}
for _, command in ipairs(ARGV) do
    local name, part = string.match(command, '^(%w+)|?(%w*)$')
    local arguments = {part ~= '' and part or KEYS[1], KEYS[1], KEYS[1], KEYS[1]}
    for _, count in ipairs(COUNTS) do
        local known, permitted = pcall(redis.acl_check_cmd, name, unpack(arguments, 1, count))
        if known then
            if not permitted then
                refused[#refused + 1] = command
            end
            break
        end
    end
end
return refused
