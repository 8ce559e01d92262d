-- Walk on through the keyspace for a few milliseconds, and say what there is. Reads only: for EVAL_RO.
--
-- ARGV[1]  where the last call ended; 0: the beginning
-- ARGV[2]  µs that a call may take; it ends with the SCAN in which they are over
-- ARGV[3]  COUNT of each SCAN
-- ARGV[4]  bytes from which on elements are counted; below it, and in compact encodings, there are never many
-- ARGV[5]  longest name in bytes; a longer one is cut there
-- ARGV[6…] what is asked of each key: "kind", "ttl", "size"; each costs about 1 µs
--
-- Returns where this call ended (0: the end), and five lists, with an entry for each key, empty where it was not asked: its
-- name; its encoding, with its type before it where the encoding does not tell; its TTL in ms, -1 without; its bytes, 0
-- where they may not be asked; its elements, -1 where they were not counted, or kind or bytes were not asked.
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

local STRING = {raw = true, embstr = true, int = true}
local COMPACT = {listpack = true, listpackex = true, ziplist = true, intset = true}
local OTHER = {quicklist = 'list', skiplist = 'zset', intset = 'set', stream = 'stream'}
local COUNT = {hash = 'HLEN', list = 'LLEN', set = 'SCARD', zset = 'ZCARD', stream = 'XLEN'}
local heavy, longest = tonumber(ARGV[4]), tonumber(ARGV[5])
local asked = {}
for place = 6, #ARGV do
    asked[ARGV[place]] = true
end
local of_kind, of_ttl, of_size = asked.kind, asked.ttl, asked.size
local names, marks, ttls, sizes, lengths, n = {}, {}, {}, {}, {}, 0

-- Below, a key that answers nothing is gone, or in a slot that has just moved to another node: nothing is noted of it.
local function note(key)
    local ttl = of_ttl and pcall('PTTL', key)
    if of_ttl and (type(ttl) ~= 'number' or ttl == -2) then
        return
    end
    local encoding = of_kind and pcall('OBJECT', 'ENCODING', key)
    if of_kind and not encoding then
        return
    end
    local size = of_size and pcall('MEMORY', 'USAGE', key)
    if of_size and not size then
        return
    end
    n = n + 1
    names[n] = #key > longest and string.sub(key, 1, longest) or key
    if of_ttl then
        ttls[n] = ttl
    end
    if of_size then
        size = type(size) == 'number' and size or 0
        sizes[n] = size
    end
    if not of_kind then
        return
    end
    encoding = type(encoding) == 'string' and encoding or ''
    local mark, length = encoding, -1
    if not STRING[encoding] then
        local kind = OTHER[encoding]
        if not kind then
            kind = pcall('TYPE', key).ok or ''
            mark = kind .. ' ' .. encoding
        end
        if size and size >= heavy and COUNT[kind] and not COMPACT[encoding] then
            length = pcall(COUNT[kind], key)
            length = type(length) == 'number' and length or -1
        end
    end
    marks[n], lengths[n] = mark, length
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
