"""Queries that must be accepted: one for each form of the language, and a triage playbook."""
# ruff: noqa: E501  (a query is one line, however long)

from __future__ import annotations

ACCEPTED = {
    "V01": "fields @timestamp, @message",
    "V02": "fields @timestamp, srcAddr, dstAddr, dstPort | sort @timestamp desc | limit 50",
    "V04": "fields `pkt-srcaddr` as realSrc, @logStream, bytes * 8 as bits | display realSrc, bits",
    "V05": 'fields concat(srcAddr, ":", srcPort, " -> ", dstAddr, ":", dstPort) as conversation | dedup conversation | limit 100',
    "V07": 'fields 1 as one, 3.5 as ratio, "x" as tag | limit 1',
    "V08": "fields @timestamp | display dstPort = 443 as isTls, dstPort",
    "V10": 'filter @`aws.tag.aws:cloudformation:stack-name` = "edge-network" | limit 10',
    "V11": "sort @timestamp desc | limit 25 | display srcAddr, action",
    "V13": '''filter (srcAddr like "10.20." or srcAddr like '10.21.') and dstAddr not like "10."''',
    "V14": "filter @message like /(?i)reject/",
    "V16": 'filter dstPort >= 1024 and dstPort <= 65535 and bytes != "-"',
    "V17": 'filter logStatus not in ["NODATA", "SKIPDATA"] | stats count(*)',
    "V19": "filter !ispresent(dstPort) or isempty(dstAddr) or isblank(srcAddr)",
    "V20": "filter not ispresent(instanceId)",
    "V22": 'where tcpFlags in [2, 18, "19"] | fields srcAddr, dstAddr',
    "V23": 'filterIndex action = "REJECT" | filterIndex flowDirection in ["ingress", "egress"] | limit 20',
    "V25": r'''filter @message like /GET \/health/ or @message like "a \"quoted\" word"''',
    "V26": "filter toMillis(@timestamp) >= now() * 1000 - 900000",
    "V28": 'filter isIpv4InSubnet(srcAddr, "10.64.0.0/12") and isPublicIP(dstAddr) | stats sum(bytes) as out by dstAddr | sort out desc',
    "V29": 'filter isIpInSubnet(dstAddr, "2001:db8::/32") or isIpv6InSubnet(dstAddr, "fd00::/8")',
    "V31": "fields ipv4ToNumber(srcAddr) as n | sort n asc | limit 3",
    "V32": "stats count(*)",
    "V34": "stats count_distinct(dstPort) as ports, countDistinct(dstAddr) as hosts by srcAddr | filter ports > 100",
    "V35": "stats min(bytes), max(bytes), stddev(bytes), variance(bytes), pct(bytes, 95), percentile(bytes, 99) by bin(5m)",
    "V37": """filter logStatus = "OK"
| stats sum(bytes) as b, count(*) as n,
    # derived from the two aliases above
    b / n as meanBytes
  by interfaceId""",
    "V38": 'stats sum(strcontains(action, "REJECT")) / count(*) * 100 as rejectPct by dstPort | sort rejectPct desc',
    "V40": "stats values(dstPort) as ports by srcAddr | limit 100",
    "V41": "stats topk(5, dstPort)",
    "V43": "stats sum(bytes) as x by srcAddr, dstAddr | stats max(x) as m by srcAddr | stats avg(m)",
    "V44": "stats sum(packets) by bin(5m) | filter ispresent(protocol) or 1 = 1",
    "V46": "stats rate(bytes, 1m) as r by bin(5m)",
    "V47": "stats countOverTime(*) as n, sumOverTime(bytes) as s by bin(15mins)",
    "V49": "stats count(*) by substr(dstAddr, 0, 7) as prefix | sort prefix",
    "V50": "stats count(*) by bin(1hr), bin(2weeks), bin(1qtr)",
    "V52": """parse @message "* * * * * * * * * * * * * *" as ver, acct, eni, s, d, sp, dp, proto, pk, by, st, en, act, status
| filter act = "REJECT"
| stats count(*) as n by s, dp""",
    "V53": 'parse "* * eni-* *" a, b, eni, rest | display eni',
    "V55": r"""parse @message /(\d+\.\d+\.\d+\.\d+)/ as ip multi | stats count(*) by ip""",
    "V56": 'parse @logStream "eni-*-*" as eniId, kind | stats count(*) by kind',
    "V58": "parse @message csv as ts, host, action | stats count(*) by action",
    "V59": """parse @message '"srcIp":"*","dstIp":"*"' as srcIp, dstIp""",
    "V61": """parse @message "* * * *"
| as a, b,
| c, d
| sort a desc""",
    "V62": 'parse @message "user=* " as u | parse u "*@*" as name, dom | display name, dom',
    "V64": "fields jsonParse(@message) as m | unnest m.events into ev | stats count(*) by ev.name",
    "V65": "expand items | stats count(*) by items, host",
    "V67": 'fields formatDate(@timestamp, "%Y-%m-%d", "UTC") as day, strftime(@timestamp, "%H") as hh | stats count(*) by day, hh',
    "V68": 'fields parseDate(ts, "yyyy-MM-dd HH:mm:ss", "Europe/Berlin") as ms | filter ms > queryStartTime() and ms < queryEndTime() and queryTimeRange() > 0',
    "V70": "fields haversine(52.5, 13.4, lat, lon) as km | filter km > 500",
    "V71": "fields toNumber(bytes) as n, toInt(dstPort) as p, toLong(start) as s, toDouble(packets) as d, isNumeric(bytes) as ok, messageSize(@message) as sz",
    "V73": 'fields coalesce(pktSrcAddr, srcAddr, "unknown") as realSrc',
    "V74": 'fields trim(x), ltrim(x, "0"), rtrim(x), strlen(x), toupper(x), tolower(x), substr(x, 2), substr(x, 2, 3), replace(x, "a", "b"), regexReplace(x, "[0-9]+", "#"), split(x, ",")',
    "V76": 'fields urlencode(p), urldecode(p), base64encode(p), base64decode(p), hexToAscii("414243"), hexToDec("0x1f"), decToHex(443), md5(srcAddr), sha256(srcAddr)',
    "V77": "fields @timestamp, @message, unmask(@message) | limit 20",
    "V79": 'filter action = "REJECT" | limit any 10',
    "V80": "filter @message like /ERROR/ | pattern @message | sort @sampleCount desc",
    "V82": "fields @timestamp, @message | pattern @message | anomaly",
    "V83": "lookup hosts ip_address as srcAddr OUTPUT hostname, owner | stats sum(bytes) by owner",
    "V85": "cidrlookup nets srcAddr as cidr OUTPUT site as srcSite, owner | stats sum(bytes) as b by srcSite",
    "V86": """filter action = "REJECT"
| join type=left left=fl right=dns where fl.dstAddr=dns.answer (SOURCE '/route53/resolver' | filter rcode = "NOERROR")
| fields fl.srcAddr, dns.query_name""",
    "V88": "stats count(*) as n by dstPort | appendcols override=true max=500 ( SOURCE '/vpc/b' | stats count(*) as n2 by dstPort )",
    "V89": "fields bytes, packets | addtotals fieldname=Sum row=true col=true bytes, packets",
    "V91": "stats avg(bytes) as a by bin(1m) | fillmissing with 0 for a | filldown a*",
    "V92": "fields @timestamp, bytes, packets | outlier action=remove param=3.0 uselower=true mark=true bytes packets",
    "V94": "countFrequent srcAddr, dstPort",
    "V95": "count_frequent dstPort",
    "V98": 'filter action = "REJECT" | estimate',
    "V100": "SOURCE logGroups(namePrefix: ['/vpc/', 'flow-'], accountIdentifier: ['111122223333'], class: ['STANDARD']) | filter bytes > 1000",
    "V101": "source logGroups() | limit 1",
    "V103": 'SOURCE logGroupTags([{"key":"team","values":["net*","!lab"]}]) | fields @message',
    "V104": """SOURCE '/vpc/a' | SOURCE '/vpc/b' | filter action = "REJECT" | stats count(*) by srcAddr""",
    "V106": "$`Top talkers (GB)`()",
    "V107": "filter action = {{action}} | limit {{maxRows}}",
    "V109": "fields @timestamp | order @timestamp desc | head 10",
    "V110": "filter action='REJECT'|stats count(*)as n by srcAddr|sort n desc|limit 3",
}
"""Every documented form, and some that are only seen in use, by number."""

SAMPLES = {
    # As in the CloudWatch user guide for Container Insights.
    "dropped": ("""stats max(failed_nodes) as failed by ClusterName
| filter Type = "Cluster"
| sort @timestamp desc""", ["after-stats", "after-stats"]),
    "difference": ("""filter Type = "Pod"
| stats min(pods_wanted) as wanted, ceil(avg(pods_wanted-pods_running)) as gone by kubernetes.pod_name""", []),
    # As in the developer guide of AWS Lambda, for SnapStart.
    "group by": (r"""filter @type = "REPORT"
  | parse @log /\d+:\/aws\/lambda\/(?<function>.*)/
  | parse @message /Restore Duration: (?<restored>.*?) ms/
  | stats
count(*) as runs,
pct(@duration+coalesce(@initDuration,0)+coalesce(restored,0), 99.9) as p99.9
group by function, (ispresent(@initDuration) or ispresent(restored)) as cold
  | sort by cold desc""", ["undocumented"]),
    "two orders": ("stats count(*) by a, b | sort by a asc | sort by b desc", []),
}  # fmt: skip
"""Forms that AWS's own guides use beyond the syntax that they document, and their warnings."""

DOUBTFUL = {
    "V44": ["after-stats"],
    "V61": ["stray-pipe", "stray-pipe"],
    "V109": ["deprecated"],
}
"""What is accepted with warnings, by their codes."""

PLAYBOOK = {
    "1a": """stats count(*) as n by log_status, bin(10m)""",
    "1b": """filter log_status="SKIPDATA"
| stats count(*) as skipped by interface_id
| sort skipped desc""",
    "2": """stats avg(toMillis(@ingestionTime)/1000 - end) as lag_s, max(toMillis(@ingestionTime)/1000 - end) as worst_s by bin(10m)""",
    "3": """filter log_status="OK" and flow_direction="egress"
| stats sum(bytes) as b, sum(packets) as p by pkt_srcaddr, pkt_dstaddr
| sort b desc
| limit 20""",
    "4": """filter log_status="OK"
| stats sum(bytes) as b by instance_id, interface_id, flow_direction
| sort b desc""",
    "5": """filter log_status="OK"
| stats sum(bytes)*8/60/1000000 as mbps by interface_id, flow_direction, bin(1m)
| sort mbps desc""",
    "6": """filter action="REJECT" and flow_direction="ingress"
| stats count(*) as flows, sum(packets) as p, count_distinct(srcaddr) as sources by dstport, protocol
| sort sources desc""",
    "7": """filter action="REJECT"
| stats count(*) as n, count_distinct(dstport) as ports, count_distinct(dstaddr) as hosts by srcaddr
| sort n desc""",
    "8": """filter action="REJECT" and PRIV(srcaddr) and PRIV(dstaddr) and tcp_flags = 2
| stats count(*) as n by srcaddr, dstaddr, dstport, instance_id
| sort n desc""",
    "9": """filter action="REJECT" and protocol=6 and tcp_flags != 2
| stats count(*) as n by srcaddr, dstaddr, tcp_flags""",
    "10": """filter action="ACCEPT" and flow_direction="ingress" and protocol=6 and dstport in [22,3389] and log_status="OK" and not PRIV(pkt_srcaddr)
| stats count(*) as n, sum(bytes) as b by dstaddr, dstport, pkt_srcaddr
| sort n desc""",
    "11": """filter action="ACCEPT" and flow_direction="ingress" and dstport in [22,3389,3306,5432,1433]
| stats count_distinct(srcport) as sessions, avg(packets) as avg_p, sum(bytes) as b by srcaddr, dstaddr, dstport, bin(10m)
| filter sessions > 20 and avg_p < 40
| sort sessions desc""",
    "12": """filter log_status="OK" and flow_direction="ingress" and protocol=6 and dstport < 32768
| stats count_distinct(dstport) as ports, count(*) as n by srcaddr, dstaddr, bin(10m)
| filter ports > 15
| sort ports desc""",
    "13": """filter log_status="OK" and protocol=6 and tcp_flags=2
| stats count_distinct(dstaddr) as hosts by srcaddr, dstport, bin(10m)
| filter hosts > 15
| sort hosts desc""",
    "14": """filter srcaddr="203.0.113.9"
| stats count(*) as n, sum(bytes) as b by action, dstaddr, dstport
| sort action asc, b desc""",
    "15": """filter protocol=6 and tcp_flags=2 and packets <= 3 and action="ACCEPT"
| stats count(*) as syn_only by srcaddr, dstaddr, dstport
| sort syn_only desc""",
    "16": """filter protocol=6 and floor(tcp_flags/4) % 2 = 1
| stats count(*) as rst, sum(packets) as p by srcaddr, srcport, dstaddr
| sort rst desc""",
    "17": """filter log_status="OK" and action="ACCEPT" and flow_direction="egress" and not PRIV(pkt_dstaddr)
| stats sum(bytes) as b, count(*) as n, min(start) as first, max(end) as last by instance_id, pkt_dstaddr, dstport, pkt_dst_aws_service
| filter b > 100000000
| sort b desc""",
    "18": """filter flow_direction="egress" and log_status="OK"
| stats sum(bytes) as b by interface_id, bin(1h) as h
| stats max(b) as peak, avg(b) as mean by interface_id
| filter peak > 5*mean
| sort peak desc""",
    "19": """filter action="ACCEPT" and flow_direction="egress" and not PRIV(pkt_dstaddr) and log_status="OK"
| stats sum(bytes) as b, count(*) as c by pkt_srcaddr, pkt_dstaddr, dstport, bin(1m) as m
| stats count(*) as active_min, avg(b) as mean_b, stddev(b) as sd_b by pkt_srcaddr, pkt_dstaddr, dstport
| filter active_min >= 20 and mean_b < 20000 and sd_b < 0.3*mean_b
| sort active_min desc""",
    "20": """filter flow_direction="egress" and action="ACCEPT" and protocol=6 and not PRIV(pkt_dstaddr) and dstport not in [22,25,53,80,123,443,465,587,993,8080,8443] and dstport < 32768 and log_status="OK"
| stats sum(bytes) as b, count(*) as n by instance_id, pkt_dstaddr, dstport""",
    "21": """filter flow_direction="egress" and dstport in [53,853,5353] and not PRIV(pkt_dstaddr) and log_status="OK"
| stats count(*) as n, sum(bytes) as b by instance_id, pkt_dstaddr""",
    "22": """filter log_status="OK" and protocol not in [1,6,17,58]
| stats sum(bytes) as b by protocol, srcaddr, dstaddr""",
    "23": """filter flow_direction="egress" and PRIV(srcaddr) and PRIV(dstaddr) and protocol=6 and dstport in [22,135,139,445,3389,5985,5986,1433,3306,5432,6379,9200,27017] and floor(tcp_flags/2) % 2 = 1
| stats count_distinct(dstaddr) as targets, count(*) as n by instance_id, srcaddr, dstport, action
| sort targets desc""",
    "24": """filter flow_direction="egress" and protocol=6 and floor(tcp_flags/16) % 2 = 1 and floor(tcp_flags/2) % 2 = 1 and not PRIV(pkt_dstaddr)
| stats count_distinct(pkt_dstaddr) as clients, sum(bytes) as b by instance_id, interface_id, srcaddr, srcport
| sort clients desc""",
    "25": """filter flow_direction="egress" and action="REJECT" and log_status="OK"
| stats count(*) as n by interface_id, srcaddr, srcport, dstaddr, protocol
| sort n desc""",
    "26a": """filter interface_id="eni-NAT" and flow_direction="ingress" and pkt_dstaddr != dstaddr
| stats sum(bytes) as up by srcaddr, pkt_dstaddr, pkt_dst_aws_service
| sort up desc""",
    "26b": """filter interface_id="eni-NAT" and flow_direction="egress" and pkt_srcaddr != srcaddr
| stats sum(bytes) as down by dstaddr, pkt_srcaddr, pkt_src_aws_service
| sort down desc""",
    "27": """filter interface_id="eni-NAT" and flow_direction="ingress" and pkt_dstaddr != dstaddr and pkt_dst_aws_service in ["S3","DYNAMODB"]
| stats sum(bytes) as up by srcaddr, pkt_dstaddr, pkt_dst_aws_service
| sort up desc""",
    "28": """filter flow_direction="egress" and pkt_dst_aws_service != "-"
| stats sum(bytes) as b by pkt_dst_aws_service, instance_id
| sort b desc""",
    "29": """filter flow_direction="egress" and log_status="OK"
| stats sum(bytes) as b, count_distinct(interface_id) as enis by traffic_path
| sort b desc""",
    "30": """filter log_status="OK" and PRIV(srcaddr) and PRIV(dstaddr)
| stats sum(bytes)/2 as approx_b, count_distinct(az_id) as azs, sortsFirst(az_id) as az1, sortsLast(az_id) as az2 by srcaddr, dstaddr
| filter azs = 2
| sort approx_b desc""",
    "31": """filter traffic_path in [3,4,5]
| stats sum(bytes) as b by traffic_path, srcaddr, dstaddr""",
    "32": """filter log_status="OK" and protocol=6
| stats min(start) as s, max(end) as e, max(end)-min(start) as dur, sum(bytes) as b, count(*) as windows by srcaddr, srcport, dstaddr, dstport
| filter dur > 3600
| sort dur desc""",
    "33": """stats count(*) as n, count_distinct(log_status) as kinds, sortsFirst(log_status) as st by interface_id, subnet_id, instance_id
| filter kinds = 1 and st = "NODATA"
| sort n desc""",
    "34": """filter log_status="OK"
| stats sum(bytes)/sum(packets) as avg_pkt, sum(packets) as p by srcaddr, dstaddr, dstport
| filter p > 1000
| sort avg_pkt desc""",
    "35": """filter protocol in [1,58]
| stats sum(packets) as p by srcaddr, dstaddr, action""",
    "36": """filter isValidIpV6(srcaddr)
| stats sum(bytes) as b by srcaddr, dstaddr""",
    "37": """filter srcaddr="X" or dstaddr="X" or pkt_srcaddr="X" or pkt_dstaddr="X"
| stats min(start) as first, max(end) as last, sum(bytes) as b, count(*) as n by instance_id, interface_id, flow_direction, action, dstport""",
    "38": """sort @timestamp desc
| dedup srcaddr, dstaddr, dstport, protocol
| limit 50""",
    "39": """filter flow_direction="egress" and action="ACCEPT" and dstport < 32768
| stats sum(bytes) as b by instance_id, pkt_dstaddr, dstport""",
    "40": """filter interface_id="eni-X" and flow_direction="ingress" and action="ACCEPT"
| stats count(*) as hits, max(end) as last_seen by dstport, protocol
| sort hits asc""",
    "41": """filter reject_reason in ["BPA","EC"]
| stats count(*) as n by reject_reason, srcaddr, dstaddr, dstport""",
    "42": """filter encryption_status = 0 and traffic_path = 1
| stats sum(bytes) as b by srcaddr, dstaddr, dstport""",
    "43": """filter ecs_service_name != "-"
| stats sum(bytes) as b by ecs_cluster_name, ecs_service_name, flow_direction""",
    "44": """stats sum(packets_lost_no_route) as nr, sum(packets_lost_blackhole) as bh, sum(packets_lost_mtu_exceeded) as mtu, sum(packets_lost_ttl_expired) as ttl by tgw_attachment_id, dstaddr""",
}
"""Questions of a triage, to be put after the `parse` of the article's format.

`PRIV(x)` stands for: `x` is in one of the three private blocks.
"""
