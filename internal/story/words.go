package story

import "github.com/oslua/oslua/internal/cloud"

// words are the story's sentences in one language.
type words struct {
	whoTitle, nobody, who, where, config, token, noToken     string
	endpointTitle, override, anyRegion, entry, version       string
	callsTitle, outside, page, failed, attempt, polls, bytes string
	takeToken                                                string
	authBack, listBack, noneBack, oneBack, bareBack, sum     string
	labels                                                   map[cloud.Label]string
}

func english() words {
	return words{
		whoTitle: "Who you were",
		nobody:   "Nothing was asked of a cloud, so nobody had to authenticate.",
		who:      "User %s, in project %s, by %s.",
		where:    "The identity service is at %s; that was said by %s.",
		config:   "The configuration came from: %s.",
		token:    "It gave a token with the roles %s, valid until %s, and a catalog of %d services.",
		noToken:  "It gave no token.",

		endpointTitle: "Where the requests went, and why there",
		override:      "%s said so; the catalog was not asked.",
		anyRegion:     "any",
		entry:         "The catalog's entry %q has the type %q and %d endpoints; taken was the one with interface %s (%s), region %s.",
		version:       "The catalog says %s; the API's version was added.",

		callsTitle: "What the script did",
		outside:    "(outside of any call)",
		page:       ", page %d",
		failed:     "It failed (%s): %s",
		attempt:    " (attempt %d)",
		polls:      " (asked %d times)",
		bytes:      "came back: %d bytes",
		takeToken:  "export OS_TOKEN=...   # the value of the header X-Subject-Token",
		authBack:   "came back: the token, in the header X-Subject-Token; who you are and the catalog, in the body",
		listBack:   "came back: %s (%d): %s\nLua got the member %q as a list of length %d, of tables with the methods of their kind",
		noneBack:   "came back: no %s; Lua got an empty list",
		oneBack:    "came back: %s %s\nLua got the member %q as a table with %d fields, with the methods of its kind",
		bareBack:   "came back: %s\nLua got the body as a table with %d fields",
		sum:        "Requests: %d (%s); together they took %d ms.",
		labels:     map[cloud.Label]string{cloud.Auth: "auth", cloud.LookUp: "look-up", cloud.Work: "work", cloud.Wait: "wait"},
	}
}

func korean() words {
	return words{
		whoTitle: "누구로 접속했나",
		nobody:   "클라우드에 아무것도 요청하지 않아 인증이 필요 없었습니다.",
		who:      "사용자 %s, 프로젝트 %s, 인증 방법 %s.",
		where:    "인증 서비스(Keystone) 주소는 %s 이고, 출처는 %s 입니다.",
		config:   "설정의 출처: %s.",
		token:    "역할 %s 을(를) 가진 토큰을 받았습니다. %s 까지 유효하며, 카탈로그에는 서비스 %d개가 있습니다.",
		noToken:  "토큰을 받지 못했습니다.",

		endpointTitle: "요청이 간 곳과 그 까닭",
		override:      "%s 설정이 정한 주소라서 카탈로그를 보지 않았습니다.",
		anyRegion:     "아무 곳",
		entry:         "카탈로그 항목 %q (종류 %q)의 엔드포인트 %d개 가운데 인터페이스 %s (%s), 리전 %s 인 것을 골랐습니다.",
		version:       "카탈로그에는 %s 로 되어 있고, 여기에 API 버전을 붙였습니다.",

		callsTitle: "스크립트가 한 일",
		outside:    "(호출 밖에서)",
		page:       ", %d쪽",
		failed:     "실패했습니다 (%s): %s",
		attempt:    " (%d번째 시도)",
		polls:      " (%d번 물어봄)",
		bytes:      "받은 것: %d 바이트",
		takeToken:  "export OS_TOKEN=...   # X-Subject-Token 헤더의 값",
		authBack:   "받은 것: X-Subject-Token 헤더에 토큰, 본문에 내 정보와 카탈로그",
		listBack:   "받은 것: %s (%d개): %s\nLua는 %q 항목을 메서드가 있는 테이블 %d개의 목록으로 받았습니다",
		noneBack:   "받은 것: %s 없음; Lua는 빈 목록을 받았습니다",
		oneBack:    "받은 것: %s %s\nLua는 %q 항목을 필드 %d개와 메서드가 있는 테이블로 받았습니다",
		bareBack:   "받은 것: %s\nLua는 본문을 필드 %d개의 테이블로 받았습니다",
		sum:        "요청 %d개 (%s), 모두 더해 %d ms 걸렸습니다.",
		labels:     map[cloud.Label]string{cloud.Auth: "인증", cloud.LookUp: "찾기", cloud.Work: "작업", cloud.Wait: "대기"},
	}
}
