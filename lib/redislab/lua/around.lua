-- A page around a player, the best first: found and read in one step, so that no player moves in between.
--
-- KEYS[1]  the leaderboard, a sorted set of players by score
-- ARGV[1]  the player
-- ARGV[2]  how many places before the player's, and how many after it
--
-- Returns nil if the player is not on it. Else the place of the page's first, from 0; how many have a higher score than
-- that one; and then each player followed by the score, as text.

local place = redis.call('ZREVRANK', KEYS[1], ARGV[1])
if not place then
    return nil
end
local first = math.max(0, place - ARGV[2])
local page = redis.call('ZRANGE', KEYS[1], first, place + ARGV[2], 'REV', 'WITHSCORES')
local higher = redis.call('ZCOUNT', KEYS[1], '(' .. page[2], '+inf')
return {first, higher, unpack(page)}
