-- Walk on through the keyspace for a few milliseconds, and ask each key some questions. Reads only: for EVAL_RO.
--
-- ARGV[1]  where the last call ended; 0: the beginning
-- ARGV[2]  µs that a call may take; it ends with the SCAN in which they are over
-- ARGV[3]  COUNT of each SCAN
-- ARGV[4]  MATCH of each SCAN
-- ARGV[5]  longest name in bytes; a longer one is cut there
-- ARGV[6…] questions, such as "PTTL" or "OBJECT ENCODING"; each costs about 1 µs a key. "TYPE unless raw int" is not
--          asked where the answer before it is one of those words.
--
-- Returns where this call ended (0: the end); how many keys refused every question; what the server said of the first
-- refusal; the names of the other keys; and for each question the list of their answers: nil where it was refused, ""
-- where it was not asked. Keys that have gone are left out.
-- No key is declared: which ones there are is what it finds out.

local pcall, call = redis.pcall, redis.call
local os = rawget(_G, 'os') -- TIME stands still in scripts since Redis 7.2, which has this clock instead
local function clock()
    if os then
        return os.clock()
    end
    local time = call('TIME')
    return time[1] + time[2] / 1000000
end

local longest = tonumber(ARGV[5])
local commands, arguments, known, columns, count = {}, {}, {}, {}, #ARGV - 5
for place = 1, count do
    local question, _, rest = string.match(ARGV[place + 5], '^(.-)( unless (.*))$')
    commands[place], arguments[place] = string.match(question or ARGV[place + 5], '^(%S+) ?(.*)$')
    if rest then
        known[place] = {}
        for word in string.gmatch(rest, '%S+') do
            known[place][word] = true
        end
    end
    columns[place] = {}
end
local names, n, refused, why = {}, 0, 0, ''

local function ask(place, key)
    local answer
    if arguments[place] == '' then
        answer = pcall(commands[place], key)
    else
        answer = pcall(commands[place], arguments[place], key)
    end
    if type(answer) ~= 'table' then
        return answer
    end
    if answer.err then
        why = why ~= '' and why or answer.err
        return nil
    end
    return answer.ok
end

local function note(key)
    local before, answered = nil, count == 0
    for place = 1, count do
        local answer = ''
        if not (known[place] and known[place][before]) then
            answer = ask(place, key)
            if answer == false or answer == -2 or answer == 'none' then
                return -- it has gone
            end
            answered = answered or answer ~= nil
        end
        before = answer or ''
        columns[place][n + 1] = answer or false
    end
    if answered then
        n = n + 1
        names[n] = #key > longest and string.sub(key, 1, longest) or key
    else
        refused = refused + 1
    end
end

local cursor, ends = ARGV[1], clock() + tonumber(ARGV[2]) / 1000000
repeat
    local page = call('SCAN', cursor, 'MATCH', ARGV[4], 'COUNT', ARGV[3])
    cursor = page[1]
    for _, key in ipairs(page[2]) do
        note(key)
    end
until cursor == '0' or clock() >= ends
for place = 1, count do
    columns[place][n + 1] = nil -- of a key that has gone, or refused everything
end
return {cursor, refused, why, names, unpack(columns)}
