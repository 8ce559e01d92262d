-- Accept a write: give it a version, queue it for the database, and cache it. All of it, or nothing.
--
-- KEYS[1]  the entry; it gets no TTL, so that what the database has not got can neither expire nor fall to volatile-*
-- KEYS[2]  the entry's lease: a reader who loaded the old row can no longer store it
-- KEYS[3]  the stream of accepted writes
-- KEYS[4]  the stream of dead letters
-- ARGV[1]  the record as JSON, up to where its version goes
-- ARGV[2]  how many writes and dead letters may wait
-- ARGV[3]  the version that the record was read with; 0 if it was not read
--
-- Returns the version, or minus the number of those that wait if that is too many, or nil if ARGV[3] lies more than a
-- century ahead of the clock: then no later write could be newer, and exact in Lua. A version is the server's time in µs,
-- or one more than the last, or than ARGV[3], if the clock is not ahead of them. It is the message's ID as well.

local CENTURY = 3.2e15

local now = redis.call('TIME')
local clock = now[1] * 1000000 + now[2]
if tonumber(ARGV[3]) > clock + CENTURY then
    return false
end
local waiting = redis.call('XLEN', KEYS[3]) + redis.call('XLEN', KEYS[4])
if waiting >= tonumber(ARGV[2]) then
    return -waiting
end

local record
local function queue(version)
    local digits = string.format('%.0f', version)
    record = ARGV[1] .. digits .. '}'
    return redis.pcall('XADD', KEYS[3], digits .. '-0', 'record', record)
end

local version = math.max(clock, ARGV[3] + 1)
local added = queue(version)
if added.err and string.find(added.err, 'equal or smaller') then
    local about = redis.call('XINFO', 'STREAM', KEYS[3])
    for i = 1, #about, 2 do
        if about[i] == 'last-generated-id' then
            version = tonumber(string.match(about[i + 1], '^%d+')) + 1
        end
    end
    added = queue(version)
end
if added.err then
    return added
end
redis.call('SET', KEYS[1], record)
redis.call('DEL', KEYS[2])
return version
