"""What the service refuses, in the words of the room; a command says the same in English."""

import re

from flask import request

from floodwatch.web.language import chosen

# what an officer can meet on a page; the first that fits is said
REFUSALS = (
    (r"alert \d+ has already cleared.*", "这项告警已经解除，不必搁置。"),
    (r"there is no alert (?P<n>\S+);.*", "没有告警 {n}，请刷新页面。"),
    (r"there is no (mute|ticked step) (?P<n>\S+);.*", "没有第 {n} 号记录，请刷新页面。"),
    (r"the plan of that day has no such step.*", "当日的预案没有这一步，请刷新页面。"),
    (r"there is no station '(?P<n>.*)';.*", "请选择站点（{n} 不存在）。"),
    (r"(a comment|an entry of the log) needs words.*", "请填写内容。"),
    (r".* has at most (?P<n>\d+) characters.*", "最多 {n} 字，请缩短或分两条写。"),
    (r"(say who|an exercise has somebody who starts).*", "请写明姓名。"),
    (r"give a reason.*", "请写明原因。"),
    (r"the second person must be somebody else.*", "第二人不能是本人。"),
    (r"an alert is shelved for at most (?P<n>\d+) h.*", "搁置最长 {n} 小时，到时可再搁置。"),
    (
        r"a grade I is shelved by two persons.* at most (?P<n>\d+) minutes.*",
        "Ⅰ级须二人同意：请填第二人，或搁置不超过 {n} 分钟（将告知带班领导）。",
    ),
    (r"to mute a grade I as well.*", "连同Ⅰ级静默须二人同意：请填第二人，或只到Ⅱ级。"),
    (r"maintenance must end after it begins.*", "维护的结束须晚于开始，且不能已过去。"),
    (r"maintenance lasts at most (?P<n>\S+) h.*", "维护最长 {n} 小时，请缩短。"),
    (r"a response of level (?P<n>\w+) is in force.*", "已在{n}级响应中，请调整或结束。"),
    (r"no response is in force.*", "当前没有响应。"),
    (r"the response is of level (?P<n>\w+) already.*", "已是{n}级，级别未变。"),
    (r"name its document.*", "请写明文号。"),
    (r"'(?P<n>.*)' is not in recipients.*", "{n} 不在接收人名单中。"),
    (r"(?P<n>.*): not in recipients.*", "{n} 不在接收人名单中，没有发送。"),
    (r"nobody was chosen.*", "请至少选一个人。"),
    (r"nobody would be told.*", "名单中没有可以通知的人。"),
    (r"there is no group '(?P<n>.*)' in.*", "没有分组 {n}。"),
    (r"'(?P<n>.*)' is not a number of minutes", "{n} 不是分钟数。"),
    (r"'(?P<n>.*)' is not a number", "{n} 不是数字。"),
    (r"'(?P<n>.*)' is not a (date|time);.*", "{n} 不是日期时间，请写成 2026-06-18 08:00。"),
    (r"no file was chosen", "请先选择文件。"),
    (r"at most (?P<n>\d+) files at once", "一次最多 {n} 个文件。"),
    (r"these files are not here any more.*", "文件已清理，请重新选择。"),
    (r"which station is it\?.*", "是哪个站点？请填“站点（整个文件）”或“站点列”。"),
    (r"which variable does the file hold.*", "文件里是什么变量？请选“变量”。"),
    (r"which columns hold the values.*", "哪些列是测值？请在“列对应”里选变量、填单位。"),
    (r"which column is the time.*", "哪一列是时间？请在“更多选项”里填“时间列”。"),
    (r"how are the times in (?P<n>.*) written.*", "{n} 的时间怎样写的？请填“时间格式”。"),
    (r"in which unit is column (?P<n>.+?) \(.*", "“{n}”列是什么单位？请在“列对应”里填单位。"),
    (r"(.*: )?no table found in it.*", "里面找不到表格；请看看编码和分隔符。"),
    (r"unknown unit '(?P<n>.*)'; known.*", "不认识单位 {n}。"),
    (r"--tz: unknown zone '(?P<n>.*)';.*", "没有时区 {n}，请写成 Asia/Shanghai。"),
    (
        r"unknown station '(?P<n>.*)': configure it.*",
        "没有站点 {n}：请先配置，或勾选“建立文件里的新站点”。",
    ),
    (r"there is no import profile '(?P<n>.*)'.*", "没有导入方案“{n}”。"),
    (r"a profile needs a name.*", "请填方案名称（最多 64 字）。"),
    (r"the files could not be kept.*", "文件存不下，请告诉管理员看看磁盘。"),
    # what stands beside a refused line of a file
    (r"time not read as (?P<n>.*)", "时间读不出来（按 {n} 读）"),
    (r"no time", "没有时间"),
    (r"not a number", "不是数字"),
    (r"no station", "没有站点"),
    (r"unknown station (?P<n>.*)", "未知站点 {n}"),
    (r"this time does not exist in (?P<n>.*)", "{n} 没有这个时刻（拨快时钟跳过了）"),
    (r"local time exists twice.*", "这个当地时刻有两个，文件的先后也看不出是哪一个"),
    (r"time outside 1900 to 2100", "时间在 1900–2100 年以外"),
    (r"quarantined: suspected misdated.*", "隔离：疑似日期错，日期跳开又跳回"),
    (r"quarantined: time is (?P<n>\d+) min ahead.*", "隔离：比现在早 {n} 分钟以上的未来时间"),
    (r"encrypted; .*", "有密码；请自己解开后再选文件"),
    (r"a link, not a file", "是链接，不是文件"),
    (r"an archive within an archive.*", "压缩包里的压缩包；请自己解开后再选文件"),
    (r"unpacks to more than .*", "解开后比压缩时大 100 倍以上，不解"),
    (r"the archive unpacks to more than .*", "压缩包解开后超过 1 GB；请自己解开后再选文件"),
    (r"damaged in the archive.*", "在压缩包里已损坏"),
    (r"another (import|rehearsal) is running.*", "已有一项在运行，请等它完成或先停止。"),
    (r"the demonstration's configuration cannot be changed", "示范的配置不能修改。"),
)
_KNOWN = tuple((re.compile(pattern, re.DOTALL), words) for pattern, words in REFUSALS)


def said(text: str) -> str:
    """A refusal in Chinese for who reads Chinese; one nobody has worded stays as it is."""
    if chosen() != "zh" or request.path.startswith("/api/"):
        return text
    for pattern, words in _KNOWN:
        if found := pattern.fullmatch(text):
            return words.format(n=found.groupdict().get("n", ""))
    return text
