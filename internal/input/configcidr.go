package input

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
)

// cidrSubnet is Terraform's cidrsubnet: the netnum-th network of the prefix
// made longer by newbits.
func cidrSubnet(prefix string, newbits int, netnum *big.Int) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(prefix)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not a network prefix", prefix)
	}
	length := p.Bits() + newbits
	if newbits < 0 || length > p.Addr().BitLen() {
		return netip.Prefix{}, fmt.Errorf("%s cannot be made longer by %d bits", prefix, newbits)
	}
	if netnum.Sign() < 0 || netnum.BitLen() > newbits {
		return netip.Prefix{}, fmt.Errorf("%d bits cannot hold the network number %s", newbits, netnum)
	}
	offset := new(big.Int).Lsh(netnum, uint(p.Addr().BitLen()-length))
	addr, err := addrPlus(p.Masked().Addr(), offset)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(addr, length), nil
}

// cidrHost is Terraform's cidrhost: an address in a prefix, counted from its
// end when negative.
func cidrHost(prefix string, hostnum *big.Int) (netip.Addr, error) {
	p, err := netip.ParsePrefix(prefix)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%q is not a network prefix", prefix)
	}
	size := new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-p.Bits()))
	n := new(big.Int).Set(hostnum)
	if n.Sign() < 0 {
		n.Add(n, size)
	}
	if n.Sign() < 0 || n.Cmp(size) >= 0 {
		return netip.Addr{}, fmt.Errorf("the prefix %s has no host number %s", prefix, hostnum)
	}
	return addrPlus(p.Masked().Addr(), n)
}

// cidrNetmask is Terraform's cidrnetmask, for IPv4 alone.
func cidrNetmask(prefix string) (string, error) {
	p, err := netip.ParsePrefix(prefix)
	if err != nil || !p.Addr().Is4() {
		return "", fmt.Errorf("%q is not an IPv4 network prefix", prefix)
	}
	m := ^uint32(0) << (32 - p.Bits())
	return netip.AddrFrom4([4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)}).String(), nil
}

// cidrSubnets is Terraform's cidrsubnets: consecutive networks of the given
// extra lengths, each aligned to its own size.
func cidrSubnets(prefix string, newbits []int) ([]string, error) {
	p, err := netip.ParsePrefix(prefix)
	if err != nil {
		return nil, fmt.Errorf("%q is not a network prefix", prefix)
	}
	width := p.Addr().BitLen()
	space := new(big.Int).Lsh(big.NewInt(1), uint(width-p.Bits()))
	next := new(big.Int)
	var out []string
	for _, bits := range newbits {
		length := p.Bits() + bits
		if bits < 1 || length > width {
			return nil, fmt.Errorf("%s cannot be made longer by %d bits", prefix, bits)
		}
		size := new(big.Int).Lsh(big.NewInt(1), uint(width-length))
		if rest := new(big.Int).Mod(next, size); rest.Sign() != 0 {
			next.Add(next, new(big.Int).Sub(size, rest))
		}
		end := new(big.Int).Add(next, size)
		if end.Cmp(space) > 0 {
			return nil, fmt.Errorf("%s has no room for these networks", prefix)
		}
		addr, err := addrPlus(p.Masked().Addr(), next)
		if err != nil {
			return nil, err
		}
		out = append(out, netip.PrefixFrom(addr, length).String())
		next = end
	}
	return out, nil
}

func addrPlus(a netip.Addr, n *big.Int) (netip.Addr, error) {
	raw := a.AsSlice()
	sum := new(big.Int).Add(new(big.Int).SetBytes(raw), n)
	if sum.BitLen() > 8*len(raw) {
		return netip.Addr{}, errors.New("the address does not exist")
	}
	out, _ := netip.AddrFromSlice(sum.FillBytes(make([]byte, len(raw))))
	return out, nil
}
