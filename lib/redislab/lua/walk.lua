-- Walk on through the keyspace for a few milliseconds, and say what there is. Reads only: for EVAL_RO.
--
-- ARGV[1]  where the last call ended; 0: the beginning
-- ARGV[2]  µs that a call may take; it ends with the SCAN in which they are over
-- ARGV[3]  COUNT of each SCAN
-- ARGV[4]  bytes from which on elements are counted; below it, and in compact encodings, there are never many
-- ARGV[5]  longest name in bytes; a longer one is cut there
--
-- Returns where this call ended (0: the end), and five lists, with an entry for each key: its name; its encoding, with
-- its type before it where the encoding does not tell; its TTL in ms, -1 without; its bytes, 0 where they may
-- not be asked; its elements, -1 where they were not counted. No key is declared: which ones there are is what it finds out.

local pcall, call = redis.pcall, redis.call
local os = rawget(_G, 'os') -- TIME stands still in scripts since Redis 7.2, which has this clock instead
local function clock()
    if os then
        return os.clock()
    end
    local time = call('TIME')
    return time[1] + time[2] / 1000000
end

local STRING = {raw = true, embstr = true, int = true}
local COMPACT = {listpack = true, listpackex = true, ziplist = true, intset = true}
local OTHER = {quicklist = 'list', skiplist = 'zset', intset = 'set', stream = 'stream'}
local COUNT = {hash = 'HLEN', list = 'LLEN', set = 'SCARD', zset = 'ZCARD', stream = 'XLEN'}
local heavy, longest = tonumber(ARGV[4]), tonumber(ARGV[5])
local names, marks, ttls, sizes, lengths, n = {}, {}, {}, {}, {}, 0

local function note(key)
    local ttl, encoding = pcall('PTTL', key), pcall('OBJECT', 'ENCODING', key)
    if type(ttl) ~= 'number' or ttl == -2 or not encoding then
        return -- gone, or in a slot that has just moved to another node
    end
    encoding = type(encoding) == 'string' and encoding or ''
    local size = pcall('MEMORY', 'USAGE', key)
    size = type(size) == 'number' and size or 0
    local mark, length = encoding, -1
    if not STRING[encoding] then
        local kind = OTHER[encoding]
        if not kind then
            kind = pcall('TYPE', key).ok or ''
            mark = kind .. ' ' .. encoding
        end
        if size >= heavy and COUNT[kind] and not COMPACT[encoding] then
            length = pcall(COUNT[kind], key)
            length = type(length) == 'number' and length or -1
        end
    end
    n = n + 1
    names[n] = #key > longest and string.sub(key, 1, longest) or key
    marks[n], ttls[n], sizes[n], lengths[n] = mark, ttl, size, length
end

local cursor, ends = ARGV[1], clock() + tonumber(ARGV[2]) / 1000000
repeat
    local page = call('SCAN', cursor, 'COUNT', ARGV[3])
    cursor = page[1]
    for _, key in ipairs(page[2]) do
        note(key)
    end
until cursor == '0' or clock() >= ends
return {cursor, names, marks, ttls, sizes, lengths}
