-- What the catalogue's scripts have in common: their first keys, and how a product is taken out of all indexes.
--
-- KEYS[1]  deadlines: a sorted set, each id by the time in ms at which its product expires
-- KEYS[2]  entries: a hash, for each id a JSON list of its category and its tags
-- ARGV[1]  what stands before `product:id`, `category:name` and `tag:name` in their keys, all in one slot

local function key(kind, name) -- as KeyNamespace writes it
    return ARGV[1] .. kind .. ':' .. string.gsub(name, '[%%:{}]', function(mark)
        return string.format('%%%02X', string.byte(mark))
    end)
end

local function forget(id)
    local sound, names = pcall(cjson.decode, redis.call('HGET', KEYS[2], id) or '[]')
    if not sound or type(names) ~= 'table' then
        names = {}
    end
    redis.call('HDEL', KEYS[2], id)
    redis.call('ZREM', KEYS[1], id)
    for i, name in ipairs(names) do
        if type(name) == 'string' then -- an index of another type by now has nothing to take out, and must not stop the others
            redis.pcall(i == 1 and 'ZREM' or 'SREM', key(i == 1 and 'category' or 'tag', name), id)
        end
    end
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
