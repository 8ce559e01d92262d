-- Write some keys of a generated keyspace. It makes up their names, so it is for a server that belongs to one experiment.
--
-- ARGV[1]  number of the first key
-- ARGV[2]  how many
-- ARGV[3]  JSON: a list of [share in %, name with a # for the number, bytes of the value, TTL in s or 0]; shares add up to 100
--
-- Returns the number of the next key. TTLs lie evenly between half of what is given and one and a half.

local kinds, first, count = cjson.decode(ARGV[3]), tonumber(ARGV[1]), tonumber(ARGV[2])
local by_percent = {}
for _, kind in ipairs(kinds) do
    local head, tail = string.match(kind[2], '^(.*)#(.*)$')
    local made = {head = head, tail = tail, value = string.rep('x', kind[3]), ttl = kind[4] * 1000}
    for _ = 1, kind[1] do
        by_percent[#by_percent + 1] = made
    end
end
for number = first, first + count - 1 do
    local kind = by_percent[number * 37 % 100 + 1]
    local name = kind.head .. string.format('%d', number) .. kind.tail
    if kind.ttl == 0 then
        redis.call('SET', name, kind.value)
    else
        redis.call('SET', name, kind.value, 'PX', math.floor(kind.ttl * (0.5 + number * 0.618 % 1)))
    end
end
return first + count
