-- What the limiters have in common: how a request is refused.
--
-- KEYS[1]  what is known of the subject

local function refuse(wait, longest) -- µs until a request would be admitted, and for which the key may live at most
    local left, most = redis.call('PTTL', KEYS[1]), math.ceil(longest / 1000)
    if left > most or left == -1 then -- the server's clock has stepped back: what was counted before that ends in time
        redis.call('PEXPIRE', KEYS[1], most)
        left = most
    end
    return {0, 0, wait > 2 * longest and left * 1000 or wait}
end
