-- Let go of writes that the database has: out of the stream, and their entries begin to expire.
--
-- KEYS[1]      the stream, of accepted writes or of dead letters
-- KEYS[2..]    two for each write: its entry, and the entry's lease
-- ARGV[1]      the consumer group
-- ARGV[2..]    three for each write: its ID in the stream, its version, and its entry's life in ms
--
-- Returns how many of them were still in the stream. An entry that is newer stays as it is. One that is older, or gone,
-- was loaded, or is being loaded, from the row as it was: it goes, and its lease with it.

local settled = 0
for i = 1, (#KEYS - 1) / 2 do
    local entry, lease = KEYS[2 * i], KEYS[2 * i + 1]
    local id, version, life = ARGV[3 * i - 1], tonumber(ARGV[3 * i]), ARGV[3 * i + 1]
    redis.call('XACK', KEYS[1], ARGV[1], id)
    settled = settled + redis.call('XDEL', KEYS[1], id)
    local found = redis.pcall('GET', entry)
    local foreign = type(found) == 'table'  -- an error: it is no string, and so it is not ours
    local cached = tonumber(string.match(not foreign and found or '', '"version": (%d+)}$')) or 0
    if cached == version then
        redis.call('PEXPIRE', entry, life)
    elseif cached < version and not foreign then
        redis.call('DEL', entry, lease)
    end
end
return settled
