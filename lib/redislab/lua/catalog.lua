-- A catalogue: products that expire, and indexes of those that have not.
--
-- When a product expires, nothing is left that says which indexes name it; so that is kept beside it, and by when.
--
-- KEYS[1]   deadlines: a sorted set, each id by the time in ms at which its product expires
-- KEYS[2]   entries: a hash, for each id a JSON list of its category and its tags
-- KEYS[3..] the product (put, remove), or the indexes that are asked (ask)
-- ARGV[1]   what stands before `product:id`, `category:name` and `tag:name` in their keys, all in one slot
-- ARGV[2]   how many products may be forgotten in this call, so that nobody waits for long
-- ARGV[3]   what to do, and ARGV[4..] with what:
--             put     id, life in ms, category and tags as JSON, then fields and values
--             remove  id
--             ask     a command that reads an index
--             prune   how many products to look for, picked at random
--
-- Returns, for put and remove, 1 if the product was there before, else 0; for ask, the command's reply, or nil if there
-- may be more overdue products than this call has forgotten: then ask again; for prune, how many were forgotten.

local base, most, what = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function forget(id)
    local entry = redis.call('HGET', KEYS[2], id)
    if not entry then
        return 0
    end
    for i, name in ipairs(cjson.decode(entry)) do
        redis.call(i == 1 and 'ZREM' or 'SREM', base .. (i == 1 and 'category:' or 'tag:') .. name, id)
    end
    redis.call('HDEL', KEYS[2], id)
    redis.call('ZREM', KEYS[1], id)
    return 1
end

local function forget_overdue()
    local overdue = redis.call('ZRANGE', KEYS[1], '-inf', now, 'BYSCORE', 'LIMIT', 0, most)
    for _, id in ipairs(overdue) do
        forget(id)
    end
    return #overdue
end

local function put(id, life, names)
    redis.call('HSET', KEYS[3], unpack(ARGV, 7))
    redis.call('PEXPIREAT', KEYS[3], now + life)
    redis.call('ZADD', KEYS[1], now + life, id)
    redis.call('HSET', KEYS[2], id, names)
    for i, name in ipairs(cjson.decode(names)) do
        if i == 1 then
            redis.call('ZADD', base .. 'category:' .. name, time[1] * 1000000 + time[2], id)
        else
            redis.call('SADD', base .. 'tag:' .. name, id)
        end
    end
end

if what == 'put' or what == 'remove' then
    forget(ARGV[4])
    local there = redis.call('DEL', KEYS[3])
    if what == 'put' then
        put(ARGV[4], ARGV[5], ARGV[6])
    end
    return there
end

local forgotten = forget_overdue()
if what == 'ask' then
    if forgotten == most then
        return false
    end
    return redis.call(unpack(ARGV, 4))
end
for _, id in ipairs(redis.call('HRANDFIELD', KEYS[2], ARGV[4])) do
    if redis.call('EXISTS', base .. 'product:' .. id) == 0 then
        forgotten = forgotten + forget(id)
    end
end
return forgotten
