#!/usr/bin/env oslua
-- Lab 1-3: reach a server from outside.
-- 실습 1-3: 밖에서 서버에 접속합니다.
return require "labs.lab1-3"
