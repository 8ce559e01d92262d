-- List a product, in place of what had its id; or only take that out.
--
-- KEYS[3]  the product
-- ARGV[2]  its id
-- ARGV[3]  its life in ms; nothing from here on: take the product out
-- ARGV[4]  its category and its tags as a JSON list
-- ARGV[5..]  fields and values
--
-- Returns 1 if there was a product of this id, else 0.

local id, life, names = ARGV[2], ARGV[3], cjson.decode(ARGV[4] or '[]')
redis.call('ZCARD', KEYS[1]) -- of another type: an error before the first write
for i, name in ipairs(names) do
    redis.call(i == 1 and 'ZCARD' or 'SCARD', key(i == 1 and 'category' or 'tag', name))
end
forget(id)
local there = redis.call('DEL', KEYS[3])
if not life then
    return there
end
for i = 5, #ARGV, 2 do
    redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIREAT', KEYS[3], now + life)
redis.call('ZADD', KEYS[1], now + life, id)
redis.call('HSET', KEYS[2], id, ARGV[4])
for i, name in ipairs(names) do
    if i == 1 then
        redis.call('ZADD', key('category', name), time[1] * 1000000 + time[2], id)
    else
        redis.call('SADD', key('tag', name), id)
    end
end
return there
