"""What the values of a record are called, in a word: `https`, `tcp`, `SYN·ACK`.

Ports have the names of IANA's registry (Service Name and Transport Protocol Port Number Registry),
of those that are met in a VPC; TCP flags are bits that are or-ed over a record's window
(VPC user guide, "Flow log records").
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

from flowtui.flowlogs.fields import PROTOCOLS, FieldInfo
from flowtui.model.frozen import frozen

PORTS: Mapping[str, str] = {
    "7": "echo", "20": "ftp-data", "21": "ftp", "22": "ssh", "23": "telnet", "25": "smtp",
    "43": "whois", "53": "domain", "67": "bootps", "68": "bootpc", "69": "tftp", "80": "http",
    "88": "kerberos", "110": "pop3", "111": "sunrpc", "119": "nntp", "123": "ntp", "135": "epmap",
    "137": "netbios-ns", "138": "netbios-dgm", "139": "netbios-ssn", "143": "imap", "161": "snmp",
    "162": "snmptrap", "179": "bgp", "389": "ldap", "443": "https", "445": "microsoft-ds",
    "464": "kpasswd", "465": "submissions", "500": "isakmp", "514": "syslog", "515": "printer",
    "546": "dhcpv6-client", "547": "dhcpv6-server", "554": "rtsp", "587": "submission",
    "623": "asf-rmcp", "631": "ipp", "636": "ldaps", "853": "domain-s", "873": "rsync",
    "989": "ftps-data", "990": "ftps", "993": "imaps", "995": "pop3s", "1080": "socks",
    "1194": "openvpn", "1433": "ms-sql-s", "1434": "ms-sql-m", "1701": "l2tp", "1723": "pptp",
    "1812": "radius", "1813": "radius-acct", "1883": "mqtt", "1900": "ssdp", "2049": "nfs",
    "2375": "docker", "2376": "docker-s", "2377": "swarm", "2379": "etcd-client",
    "2380": "etcd-server", "3260": "iscsi-target", "3268": "msft-gc", "3269": "msft-gc-ssl",
    "3306": "mysql", "3389": "ms-wbt-server", "3478": "stun", "4369": "epmd",
    "4500": "ipsec-nat-t", "4789": "vxlan", "5060": "sip", "5061": "sips", "5349": "stuns",
    "5353": "mdns", "5355": "llmnr", "5432": "postgresql", "5671": "amqps", "5672": "amqp",
    "5900": "rfb", "5984": "couchdb", "5985": "wsman", "5986": "wsmans", "6379": "redis",
    "6514": "syslog-tls", "8080": "http-alt", "8883": "secure-mqtt", "9418": "git",
    "11211": "memcache",
}  # fmt: skip

_FLAGS = ((2, "SYN"), (16, "ACK"), (1, "FIN"), (4, "RST"), (8, "PSH"), (32, "URG"))
"""Each bit, in the order in which one speaks of them."""

_PATHS: Mapping[str, str] = {
    "1": "in VPC", "2": "internet or endpoint", "3": "VPN", "4": "peering", "5": "peering abroad",
    "6": "local gateway", "7": "endpoint", "8": "internet",
}  # fmt: skip

_SHORT: Mapping[str, Mapping[str, str]] = {
    "protocol": {number: name.lower() for number, name in PROTOCOLS.items()},
    "traffic-path": _PATHS,
    "encryption-status": {"0": "none", "1": "Nitro", "2": "application", "3": "both"},
    "log-status": {"NODATA": "no traffic", "SKIPDATA": "records lost"},
    "reject-reason": {"BPA": "Block Public Access", "EC": "encryption controls"},
    "pkt-src-aws-service": {"AMAZON": "AWS, no service of its own"},
    "pkt-dst-aws-service": {"AMAZON": "AWS, no service of its own"},
}
_CODED = frozenset(
    {"srcport", "dstport", "protocol", "tcp-flags", "traffic-path", "encryption-status"}
)

SIGNS: Mapping[str, Mapping[str, str]] = {
    "action": {"ACCEPT": "✓", "REJECT": "✗"},
    "log-status": {"OK": "✓", "NODATA": "·", "SKIPDATA": "!"},
    "flow-direction": {"ingress": "←", "egress": "→"},
}
"""What tells a value apart without colour, and before it is read."""

ALARMS = frozenset({"REJECT", "SKIPDATA"})
"""Values of those fields that one is to stumble over."""


@frozen
class Words:
    """What the values of a field are called, to be called with one of them."""

    info: FieldInfo

    def __call__(self, value: str) -> str:
        return word(self.info, value)


def is_coded(info: FieldInfo) -> bool:
    """Whether values of the field are numbers that stand for something."""
    return info.name in _CODED


def is_tag(info: FieldInfo) -> bool:
    """Whether its values are percent-encoded, so that they have no spaces (since version 11)."""
    return info.version == 11 and "-tag" in info.name


def word(info: FieldInfo, value: str) -> str:
    """What the value is called; nothing where it has no name, or says it itself."""
    match info.name:
        case "srcport" | "dstport":
            return PORTS.get(value, "")
        case "tcp-flags":
            return flags(value)
        case name if is_tag(info):
            return decoded(value)
        case name:
            return _SHORT.get(name, {}).get(value, "")


def decoded(value: str) -> str:
    """The text of a tag; nothing where it is written as it is."""
    text = unquote(value) if "%" in value else value
    return "" if text == value else text


def flags(value: str) -> str:
    """`SYN·ACK` of 18; nothing of what is no byte."""
    if not (value.isascii() and value.isdigit() and len(value) <= 3):
        return ""
    return "·".join(name for bit, name in _FLAGS if int(value) & bit)
